package io.trueup.report;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.failure.Failures;
import io.trueup.failure.RateLimitedLog;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.flood.ReportedTotals;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.RoundReport;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the reports of all reconcilers from the rounds topic, for the flood guards of this process. Thread-safe.
 */
public final class RoundsTopicReader extends TopicFollower {

    private static final Logger LOG = LoggerFactory.getLogger(RoundsTopicReader.class);
    private static final Duration POLL = Duration.ofSeconds(1);
    /** Reports of this many intervals before the start are read. */
    private static final int READ_BACK_INTERVALS = 2;

    private final String dataset;
    private final String topic;
    private final Settings.Times times;
    private final ReportedTotals totals;
    private final RecordCodec<RoundReport> codec;
    private final RecordMac mac;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final LongSupplier now;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private final RateLimitedLog refusals = new RateLimitedLog(LOG);

    /**
     * @param settings those of any replica of the dataset
     * @param partitions partitions of the dataset
     * @param mac verifies the reports
     * @param consumers opens a consumer; called on the reader's thread, again after a failure
     * @param now the time by which rounds are due, in milliseconds since the epoch
     */
    public RoundsTopicReader(
            Settings settings,
            int partitions,
            String topic,
            RecordCodec<RoundReport> codec,
            RecordMac mac,
            Supplier<Consumer<byte[], byte[]>> consumers,
            LongSupplier now) {
        super("trueup-rounds");
        this.dataset = settings.dataset();
        this.topic = topic;
        this.times = settings.times();
        this.codec = codec;
        this.mac = mac;
        this.consumers = consumers;
        this.now = now;
        totals = new ReportedTotals(settings, partitions);
    }

    /** What the reports add up to. */
    public FloodTotals totals() {
        return totals;
    }

    /** Takes up another placement. */
    public void reconfigured(Settings settings) {
        totals.place(settings.placement());
    }

    @Override
    protected void follow() {
        try (Consumer<byte[], byte[]> opened = consumers.get()) {
            seek(opened, topic, now.getAsLong() - READ_BACK_INTERVALS * times.intervalMs());
            while (!isClosing()) {
                opened.poll(POLL).forEach(this::take);
            }
        }
    }

    @Override
    protected void failed(Throwable failure) {
        warnings.warn("The rounds topic " + topic + " cannot be read now: " + Failures.reason(failure)
                + ". Until it can, the flood guard does not know what other partitions have found, and repairs of"
                + " small partitions may wait or be held back. It is tried again every second. If this goes on,"
                + " check that the job may read the topic.");
    }

    /** Takes in a report; what is not authentic, or is no report of the dataset, is ignored. */
    void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return;
        }
        RecordMac.Verdict verdict = mac.check(record.key(), record.value(), record.headers());
        if (verdict != RecordMac.Verdict.AUTHENTIC) {
            refusals.warn(RecordMac.refusal(record.topic(), record.partition(), record.offset(), verdict));
            return;
        }
        try {
            RoundReport report = codec.decode(record.topic(), record.value());
            if (report.getDataset().equals(dataset)) {
                totals.reported(
                        report.getReplica(),
                        report.getPartition(),
                        report.getCut(),
                        report.getSuspicious(),
                        report.getMostEntries(),
                        now.getAsLong());
            }
        } catch (MalformedRecordException e) {
            LOG.debug("{}-{}@{}: no report: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }
}
