"""The languages that code is coloured in, and the classes of its colours.

Few classes, so that a message stays small and a theme is a line for each of them. The languages are
those that people paste into a chat.
"""

from __future__ import annotations

LEXERS = {
    "bash": ("shell", "BashLexer", "sh shell zsh"),
    "c": ("c_cpp", "CLexer", "h"),
    "c++": ("c_cpp", "CppLexer", "cpp cc hpp"),
    "c#": ("dotnet", "CSharpLexer", "csharp cs"),
    "console": ("shell", "BashSessionLexer", "shell-session"),
    "css": ("css", "CssLexer", ""),
    "diff": ("diff", "DiffLexer", "patch"),
    "docker": ("configs", "DockerLexer", "dockerfile"),
    "go": ("go", "GoLexer", "golang"),
    "html": ("html", "HtmlLexer", "htm"),
    "ini": ("configs", "IniLexer", "cfg conf"),
    "java": ("jvm", "JavaLexer", ""),
    "javascript": ("javascript", "JavascriptLexer", "js jsx mjs"),
    "json": ("data", "JsonLexer", "json5"),
    "kotlin": ("jvm", "KotlinLexer", "kt"),
    "lua": ("scripting", "LuaLexer", ""),
    "make": ("make", "MakefileLexer", "makefile"),
    "nginx": ("configs", "NginxConfLexer", ""),
    "php": ("php", "PhpLexer", ""),
    "python": ("python", "PythonLexer", "py python3"),
    "r": ("r", "SLexer", ""),
    "ruby": ("ruby", "RubyLexer", "rb"),
    "rust": ("rust", "RustLexer", "rs"),
    "sql": ("sql", "SqlLexer", ""),
    "swift": ("objective", "SwiftLexer", ""),
    "toml": ("configs", "TOMLLexer", ""),
    "typescript": ("javascript", "TypeScriptLexer", "ts tsx"),
    "xml": ("html", "XmlLexer", "svg"),
    "yaml": ("data", "YamlLexer", "yml"),
}
"""Name: module and class of its lexer in Pygments, and other names."""
_ALIASES = {alias: name for name, (_, _, more) in LEXERS.items() for alias in more.split()}

CLASSES = frozenset(
    f"hl-{kind}"
    for kind in (
        *("comment", "deleted", "inserted", "keyword", "name"),
        *("number", "string", "type"),
    )
)


def language_of(asked: str) -> str | None:
    """The name in `LEXERS` of what somebody wrote behind the fence; None where it is unknown."""
    name = _ALIASES.get(asked, asked)
    return name if name in LEXERS else None
