# snapshot-connections
import psycopg2, pymysql, pyodbc
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine
from kafka import KafkaProducer
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
a = psycopg2.connect("x")  # expect: snapshot-connections medium
b = pymysql.connect(host="x")  # expect: snapshot-connections medium
c = pyodbc.connect("x")  # expect: snapshot-connections medium
d = ConnectionPool("x", open=True)  # expect: snapshot-connections medium
e = create_engine("x").connect()  # expect: snapshot-connections medium
cur = a.cursor()
@app.entrypoint
def run(p): return cur.execute("x"), b.cursor(), c.execute("x"), d.connection(), e.execute("x")
