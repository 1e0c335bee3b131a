from tests.documents.registering import *
async def test_it(sign_in, app, samples):
    c = await sign_in("anpth")
    async def show(r): 
        print("\n>>", r.request.method, r.request.url, r.status_code, dict(r.headers) if r.status_code in (405,) else "", r.text[:1500])
        return r
    await show(await c.get("/api/v1/documents?kind=%00"))
    await show(await c.options("/api/v1/documents"))
    await show(await c.delete("/api/v1/documents"))
    await show(await c.get("/nix"))
    await show(await c.get("/api/v1/documents?limit=x"))
    await show(await c.get("/api/v1/documents?issued_from=2026-13-01"))
    await show(await c.get("/api/v1/documents?direction=up"))
    await show(await c.get("/api/v1/documents?cursor=zzz"))
    await show(await c.get("/api/v1/documents/not-a-uuid"))
    for f in [dict(subject=None), dict(subject="   "), dict(symbol=" "), dict(subject="x"*501), dict(issued_on="12/01/2026"), dict(page_count="0"), dict(page_count="many"), dict(urgency="soon"), dict(language="vietnam"), dict(unit_id="17"), dict(nix="1"), dict(secrecy="secret"), dict(confirm_duplicate="maybe")]:
        print(f, end=" ")
        await show(await c.post(INCOMING, data=incoming(**f), files=paper()))
    d = await register(c)
    u = f"{DOCUMENTS}/{d['id']}"
    for j in ['{', '[]', '"x"', '{"unit_ids":["x"]}', '{"unit_ids":"x"}', '{"nix":1}', '{"role":"lead"}', '{"note":"a\\u0000b"}', '{"note":"\\ud800"}', 'null', '']:
        print(j, end=" ")
        await show(await c.post(u+"/routes", content=j, headers={"content-type":"application/json"}))
    await show(await c.patch(u, json={"subject": " "}, headers={"If-Match": '"1"'}))
    await show(await c.patch(u, json={"subject": "a"*501, "copies": 0}, headers={"If-Match": '"1"'}))
    await show(await c.patch(u, json={"subject": "a"*501, "copies": 0}))
    await show(await c.patch(u, json={"subject": "a"*501, "copies": 0}, headers={"If-Match": '*'}))
    await show(await c.post(u+"/routes", content=b'{"note":"'+b'x'*2000000+b'"}', headers={"content-type":"application/json"}))
