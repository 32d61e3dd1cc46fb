from server.integrations.omi.store import audio
from server.integrations.omi.store.tables import count


def test_oldest_recordings_are_removed_first(pendant) -> None:
    for number in range(4):
        row = {"name": f"{number}.wav", "uid": "me", "rate": 8_000, "size": 10, "started_at": "", "last_at": str(number)}
        pendant.write(audio.put, row)
    pendant.write(audio.put, {**row, "size": 25, "last_at": "9"})
    assert pendant.read(audio.find_latest, "me", 8_000)["size"] == 25
    removed = []
    pendant.write(audio.forget_old, "1", 40, removed.extend)
    assert removed == ["0.wav", "1.wav"]
    assert pendant.read(count, audio.SIZE) == 35
