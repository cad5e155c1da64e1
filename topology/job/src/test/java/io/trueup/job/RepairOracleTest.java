package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.Condition;
import io.trueup.schema.Divergence;
import io.trueup.schema.Observed;
import io.trueup.schema.RepairEvent;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Grace 100 ms, patience 1 s. A write of version v has position 1000 · v, and reaches a replica 1 ms later. */
class RepairOracleTest {

    private static final String KEY = "key";
    private static final Row V1 = Row.live(1, 1_000, "one");
    private static final Row V2 = Row.live(2, 2_000, "two");
    private static final Row V3 = Row.live(3, 3_000, "three");
    private static final Row DELETE = Row.deleted(2, 2_000);

    private RepairOracle oracle = oracle("latest");

    private static RepairOracle oracle(String resolution) {
        return new RepairOracle(resolution, 100, 1_000);
    }

    @Test
    void shouldAcceptTheRepairOfALostWrite() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", V2, 2_200, 2_300))).isNull();
    }

    @Test
    void shouldRefuseTheRepairOfAWriteThatMayStillArrive() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_099);
        assertThat(fault(repair("us", V2, 2_200, 2_300))).contains("had missed no write");
    }

    @Test
    void shouldRefuseARepairWhenItIsOnlySaidAfterItsSendingThatTheWriteIsMissed() {
        write(V1);
        lose(V2, "us");
        shown("us", 2_400, 2_400, null, 2_350);
        assertThat(fault(repair("us", V2, 2_200, 2_300))).contains("had missed no write");
    }

    @Test
    void shouldAcceptTheRepairOfAWriteThatHasNotArrivedWhenPatienceEnds() {
        write(V1);
        lose(V2, "us");
        assertThat(fault(repair("us", V2, 3_000, 3_010))).isNull();
        assertThat(fault(repair("us", V2, 2_999, 3_010))).contains("had missed no write");
    }

    @Test
    void shouldRefuseTheRepairOfAKeyThatWasNotLost() {
        write(V1);
        write(V2);
        progressAll(2_150);
        assertThat(fault(repair("us", V2, 2_200, 2_300))).contains("held the same or something newer");
    }

    @Test
    void shouldRefuseAnOlderVersionThanTheTargetHolds() {
        write(V1);
        write(V2);
        progressAll(2_150);
        assertThat(fault(repair("us", V1, 2_200, 2_300))).contains("held the same or something newer");
    }

    @Test
    void shouldRefuseTheVersionThatTheTargetHoldsAlthoughItHasMissedANewerOne() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", V1, 2_200, 2_300))).contains("held the same or something newer");
    }

    @Test
    void shouldAcceptASecondRepairThatWasDecidedBeforeTheFirstOneWasAnswered() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        answer("us", V2, 2_210, 2_220);
        assertThat(fault(repair("us", V2, 2_200, 2_300))).isNull();
    }

    @Test
    void shouldRefuseASecondRepairOfARoundAfterTheFirstOneWasAnswered() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        answer("us", V2, 2_210, 2_220);
        assertThat(fault(repair("us", V2, 2_220, 2_300))).contains("held the same or something newer");
    }

    @Test
    void shouldRefuseARepairOfARoundThatWasOverLongBefore() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", V2, 2_200, 182_201))).contains("was over long before");
    }

    @Test
    void shouldAcceptANewerWriteThanTheOneThatWasMissed() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        write(V3);
        assertThat(fault(repair("us", V3, 2_200, 3_010))).isNull();
    }

    @Test
    void shouldRefuseAWriteThatTheTargetHasNotYetReceivedAndThatMakesGoodNoOther() {
        write(V1);
        write(V2);
        lose(V3, "us");
        progress("us", 3_050);
        assertThat(fault(repair("us", V3, 3_040, 3_060))).contains("had missed no write");
    }

    @Test
    void shouldRefuseWhatWasNeverWritten() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", Row.live(2, 2_000, "other"), 2_200, 2_300)))
                .contains("never written");
        assertThat(fault(repair("us", Row.live(2, 1_999, "two"), 2_200, 2_300))).contains("never written");
        assertThat(fault(repair("us", Row.live(9, 2_000, "two"), 2_200, 2_300))).contains("never written");
        assertThat(fault(repair("us", DELETE, 2_200, 2_300))).contains("never written");
    }

    @Test
    void shouldRefuseWhatTheSupplierHadNotHeld() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", V2, 2_200, 2_000, Condition.UNLESS_NEWER, null)))
                .contains("had not held it");
    }

    @Test
    void shouldRefuseADeleteWhereNothingLives() {
        lose(V1, "us");
        write(V1);
        lose(DELETE, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", DELETE, 2_200, 2_300))).isNull();

        oracle = oracle("latest");
        lose(V1, "us");
        lose(DELETE, "us");
        progress("us", 2_150);
        oracle.shown("us", 0, new RepairOracle.Shown(1_001, 1_002, "another key", V1, 1_000));
        assertThat(fault(repair("us", DELETE, 2_200, 2_300))).contains("held the same or something newer");
    }

    @Test
    void shouldAcceptADeleteForAReplicaThatHoldsNothingAtAll() {
        lose(V1, "us");
        lose(DELETE, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", DELETE, 2_200, 2_300))).isNull();
    }

    @Test
    void shouldRefuseAnotherConditionThanThatOfTheRule() {
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", V2, 2_200, 2_300, Condition.IF_OBSERVED, V1)))
                .contains("condition");
    }

    @Test
    void shouldRefuseWhatThePrimaryDidNotHold() {
        oracle = oracle("primary:eu");
        write(V1);
        oracle.written(KEY, V2, "us");
        stored("ap", V2);
        progressAll(2_150);
        assertThat(fault(repair("us", "ap", V2, 2_200, 2_300, Condition.IF_OBSERVED, V1)))
                .contains("the primary did not hold it");
        shown("eu", 2_201, 2_201, V2, 2_000);
        assertThat(fault(repair("us", "ap", V2, 2_200, 2_300, Condition.IF_OBSERVED, V1)))
                .isNull();
    }

    @Test
    void shouldRefuseWhatTheMajorityDidNotHold() {
        oracle = oracle("majority");
        write(V1);
        oracle.written(KEY, V2, "us");
        stored("eu", V2);
        progressAll(2_150);
        assertThat(fault(repair("us", V2, 2_200, 2_300, Condition.IF_OBSERVED, V1)))
                .contains("the majority did not hold it");
        shown("ap", 2_201, 2_201, V2, 2_000);
        assertThat(fault(repair("us", V2, 2_200, 2_300, Condition.IF_OBSERVED, V1)))
                .isNull();
    }

    @Test
    void shouldRefuseAnOlderEntryUnlessThoseThatDecideSaidThatTheyArePastTheNewerOne() {
        for (String resolution : List.of("primary:eu", "majority")) {
            oracle = oracle(resolution);
            write(V1);
            oracle.written(KEY, V2, null);
            stored("us", V2);
            progress("us", 2_150);
            progress("ap", 2_150);
            progress("eu", 2_099);
            assertThat(fault(repair("us", V1, 2_200, 2_300, Condition.IF_OBSERVED, V2)))
                    .contains("held the same or something newer");
            progress("eu", 2_100);
            assertThat(fault(repair("us", V1, 2_200, 2_300, Condition.IF_OBSERVED, V2)))
                    .isNull();
        }
    }

    @Test
    void shouldRefuseAnObservationThatIsNotTrue() {
        oracle = oracle("majority");
        write(V1);
        lose(V2, "us");
        progress("us", 2_150);
        assertThat(fault(repair("us", V2, 2_200, 2_300, Condition.IF_OBSERVED, null)))
                .contains("observed");
    }

    @Test
    void shouldShowTheHistoryOfTheKey() {
        write(V1);
        write(V2);
        assertThat(fault(repair("us", V1, 2_200, 2_300)))
                .contains(
                        "written: v2 two",
                        "us holds v2 two",
                        "cut of the round",
                        "THIS REPAIR: STALE key on us := one v1");
    }

    private void write(Row row) {
        oracle.written(KEY, row, null);
        List.of("ap", "eu", "us").forEach(replica -> stored(replica, row));
    }

    private void lose(Row row, String lostAt) {
        oracle.written(KEY, row, lostAt);
        List.of("ap", "eu", "us").stream()
                .filter(replica -> !replica.equals(lostAt))
                .forEach(replica -> stored(replica, row));
    }

    private void stored(String replica, Row row) {
        shown(replica, row.positionMs() + 1, row.positionMs() + 2, row, row.positionMs());
    }

    private void answer(String replica, Row row, long storedMs, long readMs) {
        shown(replica, storedMs, readMs, row, Long.MIN_VALUE);
    }

    private void progressAll(long positionMs) {
        List.of("ap", "eu", "us").forEach(replica -> progress(replica, positionMs));
    }

    private void progress(String replica, long positionMs) {
        shown(replica, positionMs, positionMs, null, positionMs);
    }

    private void shown(String replica, long storedMs, long readMs, Row rowOrNull, long positionMs) {
        String key = rowOrNull == null ? null : KEY;
        oracle.shown(replica, 0, new RepairOracle.Shown(storedMs, readMs, key, rowOrNull, positionMs));
    }

    private String fault(RepairOracle.Repair repair) {
        List<String> faults = oracle.faults(List.of(repair));
        return faults.isEmpty() ? null : faults.get(0);
    }

    private static RepairOracle.Repair repair(String target, Row row, long cutMs, long sentMs) {
        return repair(target, row, cutMs, sentMs, Condition.UNLESS_NEWER, null);
    }

    private static RepairOracle.Repair repair(
            String target, Row row, long cutMs, long sentMs, Condition condition, Row observed) {
        return repair(target, "eu", row, cutMs, sentMs, condition, observed);
    }

    private static RepairOracle.Repair repair(
            String target, String supplier, Row row, long cutMs, long sentMs, Condition condition, Row observed) {
        RepairEvent event = RepairEvent.newBuilder()
                .setId("id")
                .setDataset("cities")
                .setTarget(target)
                .setSupplier(supplier)
                .setPartition(0)
                .setCut(cutMs)
                .setReason(Divergence.STALE)
                .setVersion(row.version())
                .setPosition(row.positionMs())
                .setDeleted(row.value() == null)
                .setValue(row.value() == null ? null : ByteBuffer.wrap(JobFixture.bytes(row.value())))
                .setCondition(condition)
                .setObserved(observed == null ? null : new Observed(observed.version(), null, observed.value() == null))
                .setValidUntil(Long.MAX_VALUE)
                .build();
        return new RepairOracle.Repair(new JobFixture.Sent(KEY, 0, event), sentMs);
    }
}
