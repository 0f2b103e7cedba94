"""A session with `rewards lsp` by a client that others wrote (pygls): it must understand whatever the server says.

    python tests/editor/session.py COMMAND FOLDER

COMMAND is the `rewards` command, FOLDER a rule set, of which `program.yaml` is opened, broken and asked about.
"""

import asyncio
import pathlib
import sys

from lsprotocol import types
from pygls.lsp.client import LanguageClient


async def session(command: str, folder: pathlib.Path) -> None:
    client = LanguageClient("session", "1")
    findings: asyncio.Queue = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        findings.put_nowait(params)

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(params: types.RegistrationParams) -> None:
        assert params.registrations[0].method == "workspace/didChangeWatchedFiles"

    async def codes(uri: str) -> list:
        """The codes of the findings that come next for a file."""
        while True:
            params = await asyncio.wait_for(findings.get(), timeout=120)
            if params.uri == uri:
                return [diagnostic.code for diagnostic in params.diagnostics]

    await client.start_io(command, "lsp")
    watching = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    answer = await client.initialize_async(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(
                workspace=types.WorkspaceClientCapabilities(did_change_watched_files=watching)
            ),
            workspace_folders=[types.WorkspaceFolder(uri=folder.as_uri(), name="rules")],
        )
    )
    assert answer.capabilities.position_encoding == "utf-16", answer.capabilities
    client.initialized(types.InitializedParams())

    path = folder / "program.yaml"
    uri, text = path.as_uri(), path.read_text(encoding="utf-8")
    broken = text + "\ncampaigns:\n  - campaign: more\n    when: tx.cat"
    item = types.TextDocumentItem(uri=uri, language_id="yaml", version=1, text=broken)
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
    assert await codes(uri), "a half-written campaign has findings"

    document = types.TextDocumentIdentifier(uri=uri)
    end = types.Position(line=broken.count("\n"), character=len(broken.rsplit("\n", 1)[1]))
    offered = await client.text_document_completion_async(types.CompletionParams(text_document=document, position=end))
    assert [entry.label for entry in offered.items] == ["tx.category"], offered
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(text_document=document))
    assert any(symbol.name == "base" for symbol in symbols), symbols
    hover = await client.text_document_hover_async(types.HoverParams(text_document=document, position=end))
    assert hover is None or hover.contents.value, hover

    version = types.VersionedTextDocumentIdentifier(uri=uri, version=2)
    whole = types.TextDocumentContentChangeWholeDocument(text=text)
    client.text_document_did_change(types.DidChangeTextDocumentParams(text_document=version, content_changes=[whole]))
    assert await codes(uri) == [], "what was mended is cleared"

    await client.shutdown_async(None)
    client.exit(None)
    print(f"ok {folder}: findings, completion, symbols and hover, and none left at the end")


asyncio.run(session(sys.argv[1], pathlib.Path(sys.argv[2]).resolve()))
