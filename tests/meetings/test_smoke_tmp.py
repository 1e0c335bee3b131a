import time
from tests.meetings.convening import *
from tests.meetings.convening import Hall


async def test_smoke(sign_in, sessions):
    hall = await Hall.of(sessions)
    o = await sign_in("phuoclh")
    t = time.perf_counter()
    m = await schedule(o, hall.meeting(sites=10, people=40, join_url="https://x.example/abc"))
    print("took", time.perf_counter() - t)
    mails = await letters_since(sessions)
    print(len(mails), mails[1])
    print(mails[1].text, mails[1].calendar.to_ical().decode())
    r = await o.post(MEETINGS, json=hall.meeting(starts_at=at(10).isoformat(), ends_at=at(12).isoformat()))
    print(r.status_code, r.text)
    r = await o.patch(
        f"{MEETINGS}/{m['id']}",
        json={"starts_at": at(9).isoformat(), "ends_at": at(12).isoformat()},
        headers=matching(m),
    )
    print(r.status_code, r.text[:500], r.headers)
    r = await o.get(f"{MEETINGS}/{m['id']}/calendar.ics")
    print(r.status_code, r.text, r.headers)
    r = await o.get(MEETINGS, params={"total": "true", "from": at(0).isoformat()})
    print(r.status_code, r.text)
    mails = await letters_since(sessions, 40)
    print(len(mails), mails[1].text)
    r = await o.get(f"/a/{mails[1].link}", headers={"accept-language": "en"})
    print(r.status_code, r.text, r.headers)
    r = await o.post(f"/a/{mails[1].link}", data={"answer": "accepted", "note": "ok"})
    print(r.status_code, r.text, r.headers)
    r = await o.post(f"/a/{mails[1].link}", data={"answer": "x", "note": "ok"})
    print(r.status_code, r.text[-300:], r.headers)
    r = await o.get(f"/j/{'x'}")
    print(r.status_code, r.text[-300:], r.headers)
    t = mails[1].text.split("/j/")[1].split()[0]
    r = await o.get(f"/j/{t}")
    print(r.status_code, r.text[-300:], r.headers)
    r = await o.get("/api/openapi.json")
    print(r.status_code, len(r.text))
