# snapshot-connections
import asyncio, asyncpg, socket, redis, websockets
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
pool = asyncio.run(asyncpg.create_pool("dsn"))  # expect: snapshot-connections medium
sock = socket.create_connection(("h", 1))  # expect: snapshot-connections medium
cache = redis.Redis(host="h")
cache.ping()
@app.entrypoint
async def run(p):
    sock.send(b"x"); cache.get("k")
    async with pool.acquire() as c: return await c.fetch("select 1")
