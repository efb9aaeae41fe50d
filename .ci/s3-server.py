"""moto's S3 server, one request at a time: moto fails with two that write the same object at once, which S3 does not.

The bytes of a request are read before its turn, so that a slow client holds up nobody.
"""

import sys
from io import BytesIO
from threading import Lock

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

backend = DomainDispatcherApplication(create_backend_app)
turn = Lock()


def serve(environ, start_response):
    length = environ.get("CONTENT_LENGTH")
    if length:
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
    with turn:
        return list(backend(environ, start_response))


run_simple("127.0.0.1", int(sys.argv[1]), serve, threaded=True)
