# snapshot-connections
import psycopg2, pymysql, pyodbc
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine
from kafka import KafkaProducer
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
a = psycopg2.connect("x")  # fails
b = pymysql.connect(host="x")  # fails
c = pyodbc.connect("x")  # fails
d = ConnectionPool("x", open=True)  # fails
e = create_engine("x").connect()  # fails
cur = a.cursor()
@app.entrypoint
def run(p): return cur.execute("x"), b.cursor(), c.execute("x"), d.connection(), e.execute("x")
