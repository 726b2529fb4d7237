"""A service that does nothing but answer as a service does: what the stack and the client are tried on."""

import os
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()
seen: dict[str, dict[str, Any]] = {}
instant = {"now": "2011-07-01T00:00:00Z"}


@app.get("/health/live")
@app.get("/health/ready")
async def health() -> dict[str, str]:
    return {"service": os.environ["SMALL_SERVICE"], "deployment": os.environ["LINLI_DEPLOYMENT"]}


@app.get("/rest")
async def rest() -> dict[str, Any]:
    name = os.environ["SMALL_SERVICE"]
    return {"service": name, "instant": instant["now"], "clock": "stepped", "heads": {"3": len(seen)} if seen else {}}


@app.put("/clock")
async def clock(request: Request) -> dict[str, str]:
    instant["now"] = (await request.json())["instant"]
    return {"instant": instant["now"]}


@app.get("/lists")
async def lists(cursor: int = 0) -> dict[str, Any]:
    return {"items": [{"number": cursor + 1}, {"number": cursor + 2}], "next": str(cursor + 2) if cursor < 4 else None}


@app.post("/commands")
async def commands(request: Request) -> Response:
    answers = []
    for line in (await request.body()).splitlines():
        command = orjson.loads(line)
        if command["body"].get("fault"):
            problem = {"code": "incomplete", "detail": "缺少内容", "detail_en": "incomplete", "status": 422}
            answers.append({"id": command["id"], "status": 422, "problem": problem})
            continue
        again = command["id"] in seen
        seen[command["id"]] = command["body"]
        answers.append({"id": command["id"], "status": 200, "answer": {"again": again, **command["body"]}})
    return Response(b"".join(orjson.dumps(each) + b"\n" for each in answers), media_type="application/x-ndjson")


if __name__ == "__main__":
    uvicorn.run(app, host=os.environ["LINLI_HTTP_HOST"], port=int(os.environ["LINLI_HTTP_PORT"]), log_level="warning")
