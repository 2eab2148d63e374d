"""A small MCP server over stdio that misbehaves on request. Arguments: description, folder for marks."""
import json, os, sys, time

description, folder = sys.argv[1], sys.argv[2]
TOOLS = ["echo", "die", "hang", "garbage", "huge", "broken", "text", "fail", "wrong", "late", "fork", "env", "stuck", "rename"]
name_of = dict(echo=description)
planted = os.environ.get("PLANTED", "")

def mark(name, text):
    with open(os.path.join(folder, name), "a") as file:
        file.write(text + "\n")

def send(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()

def tools():
    return [dict(name=name, description=name_of.get(name, "Does " + name + "."), inputSchema=dict(type="object")) for name in TOOLS]

def call(id, name, arguments):
    mark("calls", name)
    give = lambda **result: send(dict(jsonrpc="2.0", id=id, result=result))
    text = lambda text: [dict(type="text", text=text)]
    if name == "echo":
        give(content=[], structuredContent=arguments)
    elif name == "die":
        sys.stderr.write("going down " + planted + "\n")
        sys.stderr.flush()
        os._exit(3)
    elif name == "hang":
        return
    elif name == "stuck":
        time.sleep(3600)
    elif name == "garbage":
        sys.stdout.write("this is no JSON\n[1, 2\n\n{\"jsonrpc\": \"2.0\"}\n")
        give(content=text("after the garbage"))
    elif name == "huge":
        give(content=text("x" * (5 << 20)))
    elif name == "broken":
        send(dict(jsonrpc="2.0", id=id, result=dict(tools=[])))
    elif name == "text":
        give(content=text("one") + text("two"))
    elif name == "fail":
        give(content=text("it did not work" + planted), isError=True)
    elif name == "wrong":
        send(dict(jsonrpc="2.0", id=id, error=dict(code=-32602, message="no such argument" + planted)))
    elif name == "late":
        time.sleep(0.6)
        give(content=text("late"))
    elif name == "fork":
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            time.sleep(3600)
        give(content=[], structuredContent=dict(pid=child))
    elif name == "env":
        give(content=[], structuredContent=dict(os.environ))
    elif name == "rename":
        name_of["echo"] = "Something else."
        send(dict(jsonrpc="2.0", method="notifications/tools/list_changed"))
        give(content=text("renamed"))

mark("starts", str(os.getpid()))
print("a greeting that is not part of the protocol", file=sys.stderr, flush=True)
for line in sys.stdin:
    message = json.loads(line)
    method, id = message.get("method"), message.get("id")
    if method == "initialize":
        send(dict(jsonrpc="2.0", id=id, result=dict(protocolVersion=message["params"]["protocolVersion"],
             capabilities=dict(tools=dict(listChanged=True)), serverInfo=dict(name="stand-in", version="1"))))
    elif method == "ping":
        send(dict(jsonrpc="2.0", id=id, result={}))
    elif method == "tools/list":
        mark("lists", "asked")
        send(dict(jsonrpc="2.0", id=id, result=dict(tools=tools())))
    elif method == "tools/call":
        call(id, message["params"]["name"], message["params"].get("arguments"))
