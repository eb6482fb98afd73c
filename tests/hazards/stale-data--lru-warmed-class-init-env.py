# snapshot-stale-data
import boto3, os
from functools import lru_cache
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
@lru_cache
def secret(): return boto3.client("secretsmanager").get_secret_value(SecretId="x")["SecretString"]  # expect: snapshot-stale-data medium
secret()
class Config:
    def __init__(self):
        self.flag = boto3.client("ssm").get_parameter(Name="/flag")["Parameter"]["Value"]  # expect: snapshot-stale-data low
config = Config()
os.environ["OPENAI_API_KEY"] = boto3.client("secretsmanager").get_secret_value(SecretId="o")["SecretString"]  # expect: snapshot-stale-data medium
@app.entrypoint
def run(p): return secret(), config.flag
