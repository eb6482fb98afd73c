# snapshot-mount-access
# {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}], "envVars": [{"name": "DATA_DIR", "value": "/mnt/data"}]}
import os, functools
from os import environ as env
from pathlib import Path
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
NAME = "DATA_DIR"
def setting(name): return os.environ[name]
Path(env["DATA_DIR"], "a").mkdir()  # fails
open(env.get(NAME) + "/b", "w")  # fails
os.makedirs(setting("DATA_DIR") + "/c")  # fails
os.makedirs(f"{setting(NAME)}/d")  # fails
def make(folder): os.makedirs(folder)  # fails
make(os.getenv("DATA_DIR"))
os.makedirs(os.environ["OTHER_DIR"])
@app.entrypoint
def run(p): return {}
