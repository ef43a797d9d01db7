import json


def app(environ, start_response):
    start_response("200 OK", [])
    with open("data/greeting.json") as file:
        return [json.load(file)["greeting"].encode()]
