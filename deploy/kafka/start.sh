#!/bin/sh
# Formats the storage at the first start, with the two users that must be known before anybody can be asked, and starts
# the broker. Works in every image that has Java and Kafka's jars (KAFKA_LIBS, as in the official image by default).
# Needs LINLI_KAFKA_BROKER_PASSWORD and LINLI_KAFKA_ADMIN_PASSWORD.
set -eu

libs="${KAFKA_LIBS:-/opt/kafka/libs}"
here="$(dirname "$0")"
properties="${KAFKA_PROPERTIES:-$here/server.properties}"
cluster="${KAFKA_CLUSTER_ID:-bGlubGktbmVpZ2hib3Vycw}"

java -cp "$libs/*" kafka.tools.StorageTool format --ignore-formatted --standalone -t "$cluster" -c "$properties" \
  --add-scram "SCRAM-SHA-512=[name=broker,password=$LINLI_KAFKA_BROKER_PASSWORD]" \
  --add-scram "SCRAM-SHA-512=[name=admin,password=$LINLI_KAFKA_ADMIN_PASSWORD]"

exec java "-Xmx${KAFKA_HEAP_MB:-512}m" "-Dlog4j2.configurationFile=$here/log4j2.xml" -cp "$libs/*" kafka.Kafka "$properties"
