# snapshot-credentials always
import asyncio
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from bedrock_agentcore.identity.auth import requires_api_key
app = BedrockAgentCoreApp()
KEY = None
@requires_api_key(provider_name="x")
async def load(*, api_key):
    global KEY
    KEY = api_key
@app.entrypoint
def run(p): return ask(KEY)
if __name__ == "__main__":
    asyncio.run(load())  # expect: snapshot-credentials high
    app.run()
