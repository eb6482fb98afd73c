# snapshot-mount-access
# {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}]}
import os, shutil, logging
from pathlib import Path
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
MOUNT = "/mnt/data"
os.makedirs(f"{MOUNT}/in", exist_ok=True)  # expect: snapshot-mount-access high
with open(os.path.join(MOUNT, "x"), "w") as f: f.write("x")  # expect: snapshot-mount-access high
(Path(MOUNT) / "y").touch()  # expect: snapshot-mount-access high
shutil.copy("seed.db", MOUNT + "/seed.db")  # expect: snapshot-mount-access high
logging.basicConfig(filename=f"{MOUNT}/agent.log")  # expect: snapshot-mount-access high
EXISTS = os.path.exists(MOUNT)  # expect: snapshot-mount-access high
@app.entrypoint
def run(p): return {}
