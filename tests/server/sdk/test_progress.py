from server.sdk.progress import current_report, report_progress


def test_progress_is_reported_within_its_limits():
    report_progress(0.5)
    reported = []
    token = current_report.set(lambda fraction, message: reported.append((fraction, message)))
    report_progress(2, "Half\nof it.")
    report_progress(None)
    current_report.reset(token)
    assert reported == [(1.0, "Half of it."), (None, "")]
