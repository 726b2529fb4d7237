"""What every Linli service process needs: settings, pool, migrations, timers, clock, HTTP, telemetry, health."""
