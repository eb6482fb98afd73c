# snapshot-credentials
import os
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
ACCESS = os.environ["AWS_ACCESS_KEY_ID"]  # expect: snapshot-credentials high
SECRET = os.getenv("AWS_SECRET_ACCESS_KEY")  # expect: snapshot-credentials high
@app.entrypoint
def run(p): return sign(ACCESS, SECRET, p)
