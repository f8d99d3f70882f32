"""`python -m sql.ops` writes the questions where an operator finds them."""

from pathlib import Path

from sql.ops import texts

for name, text in texts().items():
    (Path(__file__).parent / name).write_text(text)
    print(name)
