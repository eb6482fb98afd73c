# snapshot-stale-data
import boto3, json, os
from functools import lru_cache
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
ACCOUNT = boto3.client("sts").get_caller_identity()["Account"]
REGION = boto3.session.Session().region_name
boto3.client("secretsmanager").get_secret_value(SecretId="warm")
with open("config.json") as f: CFG = json.load(f)
@lru_cache
def secret(): return boto3.client("secretsmanager").get_secret_value(SecretId="x")["SecretString"]
@app.entrypoint
def run(p): return secret(), ACCOUNT, REGION, CFG
