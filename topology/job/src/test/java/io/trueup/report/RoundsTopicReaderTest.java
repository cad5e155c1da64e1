package io.trueup.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.flood.FloodTotals.Others;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.RoundReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class RoundsTopicReaderTest {

    private static final String TOPIC = "shop.rounds";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final SingleObjectCodec<RoundReport> CODEC = SingleObjectCodec.of(RoundReport.class);

    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "k:1",
            "dataset", "shop",
            "replicas", "eu,us",
            "hash.secret", "0123456789abcdef",
            "state.dir", "/tmp/none"));
    private final Settings settings = config.settings("eu");
    private final RecordMac mac = new RecordMac(config.controlSecrets(), RecordMac.Use.ROUND_REPORT);
    private final long cutMs = System.currentTimeMillis()
                    / settings.times().intervalMs()
                    * settings.times().intervalMs()
            - settings.times().graceMs();
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none") {
        @Override
        public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> times) {
            return Map.of(PARTITION, new OffsetAndTimestamp(0, cutMs));
        }
    };
    private final AtomicInteger opened = new AtomicInteger();
    private final RoundsTopicReader reader =
            new RoundsTopicReader(settings, 3, TOPIC, CODEC, mac, this::open, System::currentTimeMillis);
    private long offset;

    /** The first attempt fails, as during an outage; the second by an error of Java, which must not end the thread. */
    private Consumer<byte[], byte[]> open() {
        switch (opened.incrementAndGet()) {
            case 1 -> throw new KafkaException("no broker");
            case 2 -> throw new NoClassDefFoundError("of a codec");
            default -> {
                return consumer;
            }
        }
    }

    @Test
    void shouldAddUpReportsAfterAnOutageAndIgnoreWhatIsNone() {
        consumer.updatePartitions(TOPIC, List.of(new PartitionInfo(TOPIC, 0, Node.noNode(), new Node[0], new Node[0])));
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        consumer.schedulePollTask(() -> {
            add("nonsense".getBytes(UTF_8));
            add(null);
            add(encoded("other", 1));
            add(encoded("shop", 1));
            add(encoded("shop", 2));
        });

        reader.start();

        await().untilAsserted(() ->
                assertThat(reader.totals().others("us", 0, cutMs, cutMs)).isEqualTo(new Others(16, 18, 2, 2, true)));
        assertThat(opened).hasValue(3);
        reader.close();
        assertThat(consumer.closed()).isTrue();
    }

    private byte[] encoded(String dataset, int partition) {
        RoundSummary summary = RoundFixtures.quiet(Outcome.DIVERGENT);
        RoundReport report = RoundReports.report(dataset, "eu", partition, summary, 0);
        report.setCut(cutMs);
        return CODEC.encode(TOPIC, report);
    }

    @Test
    void shouldCountOnlyReportsWithAMac() {
        byte[] value = encoded("shop", 1);

        reader.take(record(value, new RecordHeaders()));
        for (RecordMac other : List.of(
                new RecordMac(config.controlSecrets(), RecordMac.Use.CONTROL),
                new RecordMac(List.of("0123456789abcdef".getBytes(UTF_8)), RecordMac.Use.ROUND_REPORT))) {
            reader.take(record(value, signed(value, other)));
        }
        assertThat(reader.totals().others("us", 0, cutMs, cutMs).reported()).isZero();

        reader.take(record(value, signed(value, mac)));
        assertThat(reader.totals().others("us", 0, cutMs, cutMs).reported()).isEqualTo(1);
    }

    private void add(byte[] value) {
        consumer.addRecord(record(value, signed(value, mac)));
    }

    private ConsumerRecord<byte[], byte[]> record(byte[] value, Headers headers) {
        return new ConsumerRecord<>(
                TOPIC, 0, offset++, 0, TimestampType.CREATE_TIME, 0, 0, null, value, headers, Optional.empty());
    }

    private static Headers signed(byte[] value, RecordMac by) {
        Headers headers = new RecordHeaders();
        by.sign(null, value, headers);
        return headers;
    }
}
