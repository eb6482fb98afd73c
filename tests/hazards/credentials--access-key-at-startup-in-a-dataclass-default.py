# snapshot-credentials
import boto3
from dataclasses import dataclass
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
session = boto3.session.Session()
@dataclass
class Cfg:
    key: str = session.get_credentials().access_key  # expect: snapshot-credentials high
cfg = Cfg()
@app.entrypoint
def run(p): return sign(cfg.key, p)
