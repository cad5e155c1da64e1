package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.reconcile.exchange.Message;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two replicas of one dataset during an upgrade: to each, the messages of the other look as those of another version do. Each has
 * lost a key that the other holds.
 */
class MixedVersionsTest {

    private static final Duration TICK = Duration.ofMillis(50);
    private static final ControlCodec CONTROL = new ControlCodec("cities", SingleObjectCodec.of(ControlMessage.class));

    @TempDir
    Path directory;

    private final List<SimulatedReplica> replicas = new ArrayList<>();
    private final Map<String, List<RoundReport>> reports = new HashMap<>();
    private final List<String> repaired = new ArrayList<>();
    private long nowMs = 1_790_000_000_100L;

    @BeforeEach
    void loseAKeyOnEachSide() {
        for (String name : List.of("eu", "us")) {
            TrueupConfig config = TrueupConfig.of(Map.of(
                    "bootstrap.servers", "localhost:1",
                    "dataset", "cities",
                    "replicas", "eu,us",
                    "hash.secret", "0123456789abcdef0123456789abcdef",
                    "round.interval", "2s",
                    "grace", "500ms",
                    "state.dir", directory.resolve(name).toString()));
            SimulatedReplica replica = new SimulatedReplica(config, name, Instant.ofEpochMilli(nowMs), Duration.ZERO);
            replicas.add(replica);
            replica.write("shared", 1, nowMs, "same");
            replica.write("held by " + name, 7, nowMs, "value");
        }
    }

    @AfterEach
    void close() {
        replicas.forEach(SimulatedReplica::close);
    }

    @Test
    void shouldCompareAndRepairNothingWithAPeerOfAnotherFingerprint() {
        pass(10, MixedVersionsTest::hearWithAnotherFingerprint);

        assertAlone();
        assertThat(reports)
                .allSatisfy((replica, sent) -> assertThat(sent)
                        .filteredOn(report -> report.getOutcome() == Outcome.ALONE)
                        .isNotEmpty()
                        .allSatisfy(report -> assertThat(report.getDisagreeing())
                                .containsExactly(replica.equals("eu") ? "us" : "eu")));
        assertRepairedOnceBothAreUpgraded();
    }

    /** Versions before messages had a MAC. */
    @Test
    void shouldCompareAndRepairNothingWithAPeerThatDoesNotSignItsMessages() {
        pass(10, (to, record) -> to.hear(new TestRecord<>(record.key(), record.value())));

        assertAlone();
        assertThat(reports)
                .allSatisfy((replica, sent) -> assertThat(sent.stream()
                                .mapToLong(RoundReport::getMalformed)
                                .sum())
                        .isPositive());
        assertRepairedOnceBothAreUpgraded();
    }

    private void assertAlone() {
        assertThat(reports).containsOnlyKeys("eu", "us").allSatisfy((replica, sent) -> {
            assertThat(sent).extracting(RoundReport::getOutcome).isSubsetOf(Outcome.ALONE, Outcome.SKIPPED);
            assertThat(sent).last().extracting(RoundReport::getOutcome).isEqualTo(Outcome.ALONE);
            assertThat(sent).allSatisfy(report -> assertThat(report.getHeard()).isEmpty());
        });
        assertThat(repaired).isEmpty();
    }

    /** Otherwise these replicas would never have been able to repair anything. */
    private void assertRepairedOnceBothAreUpgraded() {
        pass(10, SimulatedReplica::hear);

        assertThat(repaired.stream().distinct()).containsExactlyInAnyOrder("held by us, to eu", "held by eu, to us");
    }

    private static void hearWithAnotherFingerprint(SimulatedReplica to, TestRecord<byte[], byte[]> record) {
        try {
            Message message = CONTROL.decode("cities.control", record.value());
            Message other = new Message(
                    message.replica(),
                    message.partition(),
                    message.cutMs(),
                    message.sealOffset(),
                    message.fingerprint() + 1,
                    message.body());
            to.hear(record.key(), CONTROL.encode("cities.control", other));
        } catch (MalformedRecordException e) {
            throw new AssertionError(e);
        }
    }

    /** Lets rounds pass, and carries each control message across in some form. */
    private void pass(int rounds, BiConsumer<SimulatedReplica, TestRecord<byte[], byte[]>> carry) {
        for (long end = nowMs + rounds * 2_000L; nowMs < end; nowMs += TICK.toMillis()) {
            replicas.forEach(replica -> replica.pass(TICK));
            for (SimulatedReplica from : replicas) {
                List<TestRecord<byte[], byte[]>> messages = from.control();
                replicas.stream()
                        .filter(to -> to != from)
                        .forEach(to -> messages.forEach(message -> carry.accept(
                                to,
                                new TestRecord<>(
                                        message.key(), message.value(), new RecordHeaders(message.headers())))));
                reports.computeIfAbsent(from.context().replica(), replica -> new ArrayList<>())
                        .addAll(from.reports());
                for (String target : List.of("eu", "us")) {
                    from.repairsOf(target)
                            .forEach(record ->
                                    repaired.add(new String(record.key(), StandardCharsets.UTF_8) + ", to " + target));
                }
            }
        }
    }
}
