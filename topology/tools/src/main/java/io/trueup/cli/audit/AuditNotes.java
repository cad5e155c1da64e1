package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.cli.shell.Formats;
import io.trueup.config.Durations;
import io.trueup.failure.KeyFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a person should know besides the verdict of an audit, in sentences; the same in every format. */
final class AuditNotes {

    private static final int MAX_KEYS = 5;
    private static final int MAX_KEY_LENGTH = 60;

    private AuditNotes() {}

    static List<String> of(AuditResult result) {
        List<String> notes = new ArrayList<>(result.notes());
        if (result.inFlightKeys() > 0) {
            notes.add(inFlight(result));
        }
        if (!result.neverWritten().isEmpty()) {
            notes.add(neverWritten(result.neverWritten()));
        }
        return notes;
    }

    private static String inFlight(AuditResult result) {
        return Formats.number(result.inFlightKeys())
                + (result.inFlightKeys() == 1 ? " key differs" : " keys differ")
                + " only by writes in flight, less than "
                + Durations.format(result.moment().settle())
                + " old, and no difference is counted for "
                + (result.inFlightKeys() == 1 ? "it" : "them") + ". --settle 0s counts every difference.";
    }

    private static String neverWritten(List<byte[]> keys) {
        return Formats.number(keys.size())
                + (keys.size() == 1 ? " key asked for occurs" : " keys asked for occur")
                + " in no record that was read: "
                + keys.stream()
                        .limit(MAX_KEYS)
                        .map(key -> KeyFormat.shortened(key, MAX_KEY_LENGTH))
                        .collect(Collectors.joining(", "))
                + (keys.size() > MAX_KEYS ? ", …" : "")
                + ". Check the spelling: nothing is known of keys that are written otherwise.";
    }
}
