package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.command.Commands;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Scope;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Windows;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client may write to the control topic, and knows the format of control messages and even all hashes. It lacks the secret of
 * control messages.
 */
class ForgedMessagesIT {

    private static final int SEGMENT_BITS = 8;
    private static final int ROUNDS = 4;
    private static final String KEY = "live";

    @TempDir
    Path directory;

    /** Without MACs, this deleted the key at both replicas: a target supplies its own deletes. */
    @Test
    void shouldDeleteNothingByAForgedTombstoneOfTheHighestVersion() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us")) {
            fixture.createTopics();
            long before = System.currentTimeMillis() - 60_000;
            fixture.writeEverywhere(KEY, 1, before, "value");
            fixture.advanceAll(before + 30_000);
            fixture.start();
            fixture.awaitEqual();
            long reportsBefore = reports(fixture);

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        forgeTombstone(fixture, "us");
                        forgeTombstone(fixture, "eu");
                        return reports(fixture) >= reportsBefore + 2L * ROUNDS * JobFixture.PARTITIONS;
                    });
            fixture.awaitRounds(1);

            assertThat(fixture.repairs()).isEmpty();
            assertThat(fixture.reports().stream()
                            .mapToLong(RoundReport::getMalformed)
                            .sum())
                    .isPositive();
            assertThat(fixture.deadLetters()).isEmpty();
        }
    }

    @Test
    void shouldSendNoRepairThatIsHeldBackByAForgedApproval() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us")) {
            fixture.settings.put("repair.flood.min.keys", "10");
            fixture.createTopics();
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < 400; i++) {
                fixture.write("eu", "key-" + i, 1, before, "value");
                if (i % 4 == 0) {
                    fixture.write("us", "key-" + i, 1, before, "value");
                }
            }
            fixture.advanceAll(before + 30_000);
            fixture.start();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> guarded(fixture) == 2 * JobFixture.PARTITIONS);

            Instant until = Instant.now().plus(Duration.ofHours(1));
            for (int partition = 0; partition < JobFixture.PARTITIONS; partition++) {
                Settings settings = fixture.config().settings("us");
                send(
                        fixture,
                        Message.command(
                                settings,
                                partition,
                                System.currentTimeMillis(),
                                new Approval("us", Scope.FLOOD, until.toEpochMilli())));
            }
            fixture.flush();
            fixture.awaitRounds(3);
            assertThat(fixture.repairs()).isEmpty();

            try (Commands commands = new Commands(fixture.config())) {
                commands.approve("us", until, Set.of());
            }
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> !fixture.repairs("us").isEmpty());
        }
    }

    private static long guarded(JobFixture fixture) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getGuarded().containsKey("us"))
                .count();
    }

    private static long reports(JobFixture fixture) {
        return fixture.reports().stream()
                .filter(report -> !report.getHeard().isEmpty())
                .count();
    }

    /** Another root, sealed later than the true one can be, and the segment of the key. Both lie before the cut is sealed. */
    private static void forgeTombstone(JobFixture fixture, String as) {
        Settings settings = fixture.config().settings("eu");
        Windows windows =
                new Windows(settings.times().intervalMs(), settings.times().graceMs());
        long cutMs = windows.cutMs(windows.dueAt(System.currentTimeMillis()) + 1);
        Hash128 keyHash = new KeyedHash(settings.secret()).key(JobFixture.bytes(KEY));
        int segment = (int) (keyHash.hi() >>> Long.SIZE - SEGMENT_BITS);
        long writtenMs = cutMs - 30_000;
        EntrySummary tombstone =
                new EntrySummary(keyHash, Long.MAX_VALUE, writtenMs, writtenMs, Entry.NEVER, true, Hash128.ZERO);
        Evidence evidence = Evidence.of(cutMs + 500, cutMs + 500);
        send(fixture, message(settings, as, cutMs, new Root(new Hash128(1, 2), 100, evidence, false, false)));
        send(fixture, message(settings, as, cutMs, new Segment(segment, 0, 1, List.of(tombstone))));
        fixture.flush();
    }

    private static Message message(Settings settings, String as, long cutMs, Body body) {
        int partition = JobFixture.partitionOf(KEY);
        return new Message(as, partition, cutMs, Long.MAX_VALUE / 2, settings.fingerprint(partition), body);
    }

    private static void send(JobFixture fixture, Message message) {
        String topic = fixture.dataset + ".control";
        byte[] key = new ControlKey(message.replica(), message.partition()).encode();
        byte[] value =
                new ControlCodec(fixture.dataset, SingleObjectCodec.of(ControlMessage.class)).encode(topic, message);
        fixture.send(fixture.producer, new ProducerRecord<>(topic, message.partition(), key, value));
    }
}
