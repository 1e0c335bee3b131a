async def test_smoke(sign_in, samples, work):
    clerk = await sign_in("anpth")
    f=(samples/"chi-thi.pdf")
    r=await clerk.post("/api/v1/documents/incoming",data={"symbol":"08/CT-UBND","issued_on":"2026-01-12","issuer":"UBND tỉnh","subject":"Về cải cách hành chính 711-QĐ/TU"},files={"file":(f.name,f.read_bytes())})
    print(r.status_code,r.text)
    assert r.status_code==201
    await work()
    for q in ["quyet dinh 711-QD/TU","711","cải cách hành chính","cai cach","4651/KH-UBND"]:
        x=await clerk.get("/api/v1/documents",params={"q":q}); print(q,x.status_code,x.json())
        assert x.json()["total"]["value"]==1
    r=await clerk.get("/api/v1/documents/"+r.json()["id"]+"/trail"); print(r.text)
