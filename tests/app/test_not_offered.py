"""What a server must not do at all: trace, list folders, leave its folder, take one request for two, fetch entities."""

import socket
from urllib.parse import urlsplit

import osmium
import pytest


@pytest.mark.parametrize("url", ["/", "/login", "/static/css/plain.css", "/api/v1/health"])
def test_no_address_traces(url, client):
    assert client.open(url, method="TRACE").status_code == 405


@pytest.mark.parametrize("url", ["/static", "/static/", "/static/css", "/static/css/"])
def test_a_folder_is_not_listed(url, client):
    assert client.get(url).status_code in {404, 405}


@pytest.mark.parametrize(
    "path", ["../README.md", "..%2fREADME.md", "css/../../README.md", "../.git/HEAD", "%2e%2e/.git/HEAD"]
)
def test_nothing_outside_the_folder_of_static_files_is_given(path, client):
    assert client.get(f"/static/{path}").status_code == 404


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Content-Length: 5\n\n",
    ],
)
def test_one_request_is_never_taken_for_two(head, live_server):
    where = urlsplit(live_server.url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        first = f"POST /login HTTP/1.1\r\nHost: {where.netloc}\r\n{head}\r\n\r\n0\r\n\r\n"
        second = f"GET /api/v1/health HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n"
        connection.sendall((first + second).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(2**16), b""))
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_city_in_xml_brings_no_entity(tmp_path):
    file = tmp_path / "city.osm"
    file.write_text(
        '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/passwd">]><osm version="0.6">'
        '<node id="1" lat="1" lon="1"><tag k="name" v="x"/></node></osm>'
    )
    with pytest.raises(RuntimeError, match="XML entities are not supported"):
        list(osmium.FileProcessor(str(file)))
