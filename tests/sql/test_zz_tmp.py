import sys
sys.path.insert(0,'/work/main')
from tests.sql import test_plans as tp
def test_it(sql_of):
    sql_of.execute(tp.FILL)
    mine={k:v for k,v in tp.QUESTIONS.items() if k.split('.')[0] in ('audit_questions','retention','retention_uploads')}
    print(len(mine))
    walked={}
    for n,t in mine.items():
        w=tp._walked(sql_of,t)
        if w: walked[n]=w
    print("WALKED",walked)
    for (r,) in sql_of.execute("SELECT conrelid::regclass||' '||pg_get_constraintdef(oid) FROM pg_constraint WHERE contype='f' AND confrelid IN ('uploads'::regclass,'photos'::regclass,'attempts'::regclass,'audits'::regclass)").fetchall(): print(r)
    import re
    numbers={}
    for k in ('audit_questions.COMPARE','retention_uploads.DELETED_PHOTOS','retention_uploads.FINISHED_UPLOADS'):
        numbers={}
        plain = re.sub(r"%\((\w+)\)s", lambda m: f"${numbers.setdefault(m[1], len(numbers) + 1)}", mine[k])
        for (l,) in sql_of.execute("EXPLAIN (GENERIC_PLAN, COSTS OFF) "+plain).fetchall(): print(l)
        print('---')
    t={}
