package io.trueup.reconcile.rule;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The predicates about evidence. The grace is 1 s, patience 10 s. */
class KeyAtCutTest {

    private static final long CUT = 1_000_000;
    private static final long UNKNOWN = Long.MIN_VALUE;
    private static final List<String> OWNERS = List.of("ap", "us");

    private final Settings settings = TestSettings.settings("ap", "us");

    @Test
    void mayStillArriveUntilTheWatermarkOfTheTargetHasPassedTheWriteByTheGrace() {
        EntrySummary write = writtenAt(CUT - 5_000);

        assertThat(key(CUT, CUT - 4_001).mayStillArrive("us", write)).isTrue();
        assertThat(key(CUT, CUT - 4_000).mayStillArrive("us", write)).isFalse();
        assertThat(key(CUT, UNKNOWN).mayStillArrive("us", write)).isTrue();
        assertThat(key(CUT, CUT - 4_001).mayStillArrive("ap", write)).isFalse();
    }

    @Test
    void mayStillArriveOnlyWithinPatience() {
        assertThat(key(CUT, UNKNOWN).mayStillArrive("us", writtenAt(CUT - 9_999)))
                .isTrue();
        assertThat(key(CUT, UNKNOWN).mayStillArrive("us", writtenAt(CUT - 10_000)))
                .isFalse();
    }

    @Test
    void mayNotHaveSeenUntilTheWatermarkOfTheHolderHasPassedTheWriteByTheGrace() {
        EntrySummary write = writtenAt(CUT - 5_000);

        assertThat(key(CUT - 4_001, CUT).mayNotHaveSeen("ap", write)).isTrue();
        assertThat(key(CUT - 4_000, CUT).mayNotHaveSeen("ap", write)).isFalse();
        assertThat(key(CUT - 4_001, CUT).mayNotHaveSeen("us", write)).isFalse();
    }

    @Test
    void mayNotHaveSeenOnlyWithinPatience() {
        assertThat(key(CUT - 20_000, CUT).mayNotHaveSeen("ap", writtenAt(CUT - 9_999)))
                .isTrue();
        assertThat(key(CUT - 20_000, CUT).mayNotHaveSeen("ap", writtenAt(CUT - 10_000)))
                .isFalse();
    }

    @Test
    void mayAbsenceWinOnlyOverAnEntryThatTheReplicaHasSeen() {
        EntrySummary entry = writtenAt(CUT - 5_000);

        assertThat(key(CUT - 4_001, CUT).mayAbsenceWin("ap", entry)).isFalse();
        assertThat(key(CUT - 4_000, CUT).mayAbsenceWin("ap", entry)).isTrue();
        assertThat(key(CUT - 20_000, CUT).mayAbsenceWin("ap", writtenAt(CUT - 10_000)))
                .as("patience has ended")
                .isTrue();
    }

    @Test
    void mayAbsenceWinNeverWithoutAnyProgressOfTheReplica() {
        EntrySummary old = writtenAt(CUT - 900_000);

        assertThat(key(UNKNOWN, CUT).mayAbsenceWin("ap", old)).isFalse();
        assertThat(key(UNKNOWN, CUT).mayAbsenceWin("us", old)).isTrue();
        assertThat(new KeyAtCut(settings, OWNERS, CUT, new TreeMap<>(), Map.of()).mayAbsenceWin("ap", old))
                .as("not heard")
                .isFalse();
    }

    private KeyAtCut key(long watermarkOfAp, long watermarkOfUs) {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", null);
        entries.put("us", null);
        Map<String, Long> watermarks = new HashMap<>();
        watermarks.put("ap", watermarkOfAp);
        watermarks.put("us", watermarkOfUs);
        return new KeyAtCut(settings, OWNERS, CUT, entries, watermarks);
    }

    private static EntrySummary writtenAt(long positionMs) {
        return new EntrySummary(new Hash128(1, 2), 1, positionMs, positionMs, Entry.NEVER, false, new Hash128(3, 4));
    }
}
