package io.trueup.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FloodAlarmTest {

    private static final long START_MS = 1_790_000_000_000L;
    private static final long COLLECTED_MS = FloodAlarm.COLLECT.toMillis();
    private static final long PAUSE_MS = FloodAlarm.PAUSE.toMillis();

    private final List<String> alarms = new ArrayList<>();
    private final List<String> reliefs = new ArrayList<>();
    private final FloodAlarm alarm = new FloodAlarm(0.1, "/etc/trueup.properties", true, alarms::add, reliefs::add);

    @Test
    void shouldReportOnceWhatAllPartitionsHoldBackAndHowToApproveIt() {
        for (int partition = 0; partition < 4; partition++) {
            guard("eu", partition, 1_000, START_MS + partition);
            guard("ap", partition, 1_001, START_MS + partition);
        }
        alarm.tick(START_MS + COLLECTED_MS - 1);
        assertThat(alarms).isEmpty();

        alarm.tick(START_MS + COLLECTED_MS);
        alarm.tick(START_MS + 2 * PAUSE_MS);

        assertThat(alarms)
                .singleElement()
                .asString()
                .contains(
                        "about 4004 repairs of replica us in 4 partitions",
                        "repair.max.fraction = 0.1",
                        "another partitioner",
                        "writes.topic is that of something else",
                        "restored from a backup",
                        "trueup approve -c /etc/trueup.properties --target us --for 1h");
    }

    @Test
    void shouldNotifyWhenNothingIsHeldBackAnyMore() {
        guard("eu", 0, 1_000, START_MS);
        guard("eu", 1, 1_000, START_MS);
        alarm.tick(START_MS + COLLECTED_MS);

        pass("eu", 0);
        assertThat(reliefs).isEmpty();
        pass("eu", 1);
        pass("eu", 1);

        assertThat(reliefs).singleElement().asString().contains("repairs of replica us are sent again");
    }

    @Test
    void shouldNotTreatARoundWithoutAComparisonAsTheEnd() {
        guard("eu", 0, 1_000, START_MS);
        alarm.tick(START_MS + COLLECTED_MS);

        alarm.reported("eu", 0, RoundFixtures.quiet(Outcome.SKIPPED), START_MS + 60_000);
        alarm.reported("eu", 0, RoundFixtures.quiet(Outcome.ALONE), START_MS + 120_000);

        assertThat(reliefs).isEmpty();
    }

    @Test
    void shouldNotRaiseASecondAlarmWithinTenMinutes() {
        guard("eu", 0, 1_000, START_MS);
        alarm.tick(START_MS + COLLECTED_MS);
        pass("eu", 0);

        guard("eu", 0, 1_000, START_MS + 60_000);
        alarm.tick(START_MS + COLLECTED_MS + PAUSE_MS - 1);
        assertThat(alarms).hasSize(1);
        alarm.tick(START_MS + COLLECTED_MS + PAUSE_MS);

        assertThat(alarms).hasSize(2);
    }

    @Test
    void shouldRaiseNoAlarmForATripThatEndedBeforeTheAlarm() {
        guard("eu", 0, 1_000, START_MS);
        pass("eu", 0);

        alarm.tick(START_MS + COLLECTED_MS);

        assertThat(alarms).isEmpty();
        assertThat(reliefs).isEmpty();
    }

    @Test
    void shouldForgetPartitionsThatMovedToAnotherProcess() {
        guard("eu", 0, 1_000, START_MS);
        guard("eu", 1, 500, START_MS);
        alarm.closed("eu", 0);

        alarm.tick(START_MS + COLLECTED_MS);

        assertThat(alarms).singleElement().asString().contains("about 500 repairs of replica us in 1 partition ");
    }

    @Test
    void shouldRaiseOneAlarmPerReplica() {
        alarm.reported("eu", 0, RoundFixtures.guarding(Outcome.DIVERGENT, Map.of("us", 10L, "ap", 20L)), START_MS);

        alarm.tick(START_MS + COLLECTED_MS);

        assertThat(alarms)
                .satisfiesExactly(
                        ap -> assertThat(ap).contains("about 20 repairs of replica ap", "--target ap"),
                        us -> assertThat(us).contains("about 10 repairs of replica us", "--target us"));
    }

    @Test
    void shouldSayThatAFillWaitsAndHowToApproveIt() {
        RoundSummary fill = RoundFixtures.of(Outcome.DIVERGENT, Map.of("us", 9L), Map.of("us", 1L), 0);
        alarm.reported("eu", 0, fill, START_MS);
        alarm.reported("eu", 1, fill, START_MS);

        alarm.tick(START_MS + COLLECTED_MS);

        assertThat(alarms)
                .singleElement()
                .asString()
                .contains(
                        "about 18 repairs of replica us in 2 partitions",
                        "holds nothing or next to nothing",
                        "seeding = approve",
                        "trueup approve -c /etc/trueup.properties --target us --for 1h")
                .doesNotContain("repair.max.fraction");
    }

    private void guard(String replica, int partition, long repairs, long nowMs) {
        alarm.reported(replica, partition, RoundFixtures.guarding(Outcome.DIVERGENT, Map.of("us", repairs)), nowMs);
    }

    private void pass(String replica, int partition) {
        alarm.reported(replica, partition, RoundFixtures.quiet(Outcome.EQUAL), START_MS + 1);
    }
}
