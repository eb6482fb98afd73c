# snapshot-mount-access
# {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}]}
import os, shutil, logging
from pathlib import Path
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
MOUNT = "/mnt/data"
os.makedirs(f"{MOUNT}/in", exist_ok=True)  # fails
with open(os.path.join(MOUNT, "x"), "w") as f: f.write("x")  # fails
(Path(MOUNT) / "y").touch()  # fails
shutil.copy("seed.db", MOUNT + "/seed.db")  # fails
logging.basicConfig(filename=f"{MOUNT}/agent.log")  # fails
EXISTS = os.path.exists(MOUNT)  # fails
@app.entrypoint
def run(p): return {}
