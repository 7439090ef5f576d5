"""``make generate``: write the files that are made from the method registry."""

from tools.reference import ROOT, files

for path, text in files().items():
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
