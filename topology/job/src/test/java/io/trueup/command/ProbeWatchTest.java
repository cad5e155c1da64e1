package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.control.ControlCodec;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.repair.RepairFormat;
import io.trueup.schema.ControlMessage;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class ProbeWatchTest {

    private static final long CUT_MS = 1_000_000;
    private static final Hash128 KEY_HASH = new Hash128(1, 2);
    private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);

    private static final RecordMac MAC = new RecordMac(List.of(new byte[16]), RecordMac.Use.CONTROL);

    private final Settings settings =
            new Settings.Builder("shop", "eu", List.of("ap", "eu", "us"), new byte[16]).build();
    private final ControlCodec control = new ControlCodec("shop", SingleObjectCodec.of(ControlMessage.class));
    private final ProbeWatch watch = new ProbeWatch(
            settings,
            3,
            CUT_MS,
            KEY,
            KEY_HASH,
            control,
            MAC,
            Map.of(
                    "shop.repairs.us",
                    new ProbeWatch.RepairTopic(
                            "us", RepairFormat.of("plain", "shop", "us", "r", RecordCodecs.embedded()))));

    @Test
    void shouldBeCompleteOnceAllOwnersHoldTheSame() {
        hear("ap", KEY_HASH, live(7, 1));
        hear("eu", KEY_HASH, live(7, 1));
        assertThat(watch.complete(0)).isFalse();
        assertThat(watch.result().silent()).containsExactly("us");

        hear("us", KEY_HASH, live(7, 1));

        assertThat(watch.complete(0)).isTrue();
        assertThat(watch.result().agree()).isTrue();
        assertThat(watch.result().answers().get("us")).hasValue(new EntryView(7, null, 500, false, "00000000"));
    }

    @Test
    void shouldTreatATombstoneAnExpiredEntryAndNoEntryAsEqual() {
        hear("ap", KEY_HASH, null);
        hear("eu", KEY_HASH, new EntrySummary(KEY_HASH, 9, 500, 510, Entry.NEVER, true, Hash128.ZERO));
        hear("us", KEY_HASH, new EntrySummary(KEY_HASH, 8, 500, 510, CUT_MS, false, new Hash128(0, 1)));

        assertThat(watch.result().agree()).isTrue();
    }

    @Test
    void shouldDistinguishOtherVersionsAndOtherValues() {
        hear("ap", KEY_HASH, live(7, 1));
        hear("eu", KEY_HASH, live(8, 1));
        assertThat(watch.result().agree()).isFalse();

        hear("eu", KEY_HASH, live(7, 2));
        assertThat(watch.result().agree()).isFalse();

        hear("eu", KEY_HASH, live(7, 1));
        assertThat(watch.result().agree()).isTrue();
    }

    @Test
    void shouldWaitForRepairsWhereReplicasDiffer() {
        hear("ap", KEY_HASH, live(7, 1));
        hear("eu", KEY_HASH, live(7, 1));
        hear("us", KEY_HASH, null);
        assertThat(watch.complete(10_000)).isFalse();

        watch.take(repair(KEY), 10_000);
        watch.take(repair("other".getBytes(StandardCharsets.UTF_8)), 10_000);

        assertThat(watch.complete(11_000)).isFalse();
        assertThat(watch.complete(12_001)).isTrue();
        assertThat(watch.result().repairs()).containsExactly(new ProbeResult.SentTo("us", 7, false));
    }

    @Test
    void shouldIgnoreOtherKeysOtherPartitionsOtherReplicasAndMalformedRecords() {
        hear("ap", new Hash128(5, 5), live(7, 1));
        hear("jp", KEY_HASH, live(7, 1));
        watch.take(
                record(
                        "shop.control",
                        control(new Message(
                                "eu", 2, CUT_MS, 1, 1, new ProbeAnswer(KEY_HASH, null, Evidence.of(0, 0))))),
                0);
        watch.take(record("shop.control", new byte[] {1}), 0);

        assertThat(watch.result().answers()).isEmpty();
        assertThat(watch.result().silent()).containsExactly("ap", "eu", "us");
    }

    private void hear(String replica, Hash128 keyHash, EntrySummary entry) {
        Message message = new Message(replica, 3, CUT_MS, 1, 1, new ProbeAnswer(keyHash, entry, Evidence.of(0, 0)));
        watch.take(record("shop.control", control(message)), 0);
    }

    private byte[] control(Message message) {
        return control.encode("shop.control", message);
    }

    private static EntrySummary live(long version, long digest) {
        return new EntrySummary(KEY_HASH, version, 500, 510, Entry.NEVER, false, new Hash128(0, digest));
    }

    private static ConsumerRecord<byte[], byte[]> repair(byte[] key) {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("shop.repairs.us", 3, 0, key, new byte[] {1});
        Map.of("trueup.repair.id", "x", "trueup.target", "us", "trueup.version", "7", "trueup.valid.until", "9")
                .forEach((name, value) -> record.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
        return record;
    }

    @Test
    void shouldIgnoreAForgedAnswer() {
        byte[] answer =
                control(new Message("eu", 3, CUT_MS, 1, 1, new ProbeAnswer(KEY_HASH, live(7, 1), Evidence.of(0, 0))));

        watch.take(new ConsumerRecord<>("shop.control", 3, 0, new byte[0], answer), 0);
        assertThat(watch.result().answers()).isEmpty();

        watch.take(record("shop.control", answer), 0);
        assertThat(watch.result().answers()).containsOnlyKeys("eu");
    }

    private static ConsumerRecord<byte[], byte[]> record(String topic, byte[] value) {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(topic, 3, 0, new byte[0], value);
        MAC.sign(record.key(), value, record.headers());
        return record;
    }
}
