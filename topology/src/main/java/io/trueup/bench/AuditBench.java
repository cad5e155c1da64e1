package io.trueup.bench;

import io.trueup.audit.At;
import io.trueup.audit.Audit;
import io.trueup.audit.AuditRequest;
import io.trueup.audit.AuditResult;
import io.trueup.audit.AuditedReplica;
import io.trueup.audit.Cluster;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.demo.EmbeddedBroker;
import io.trueup.reconcile.Settings;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.WriteEvent;
import io.trueup.source.TrueupHeaders;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How fast an audit is, next to a consumer that reads the same topics and does nothing with the records: on a broker of its
 * own, in turns, with the same client settings and as many threads.
 */
public final class AuditBench {

    private static final List<String> REPLICAS = List.of("eu", "us");
    private static final byte[] SECRET = "the benchmark's secret".getBytes(StandardCharsets.UTF_8);
    private static final SingleObjectCodec<WriteEvent> CODEC = SingleObjectCodec.of(WriteEvent.class);
    private static final int PRODUCER_BATCH_BYTES = 256 * 1024;

    private final Load load;
    private final PrintWriter out;

    /**
     * What is read.
     *
     * @param events write events in each of the two topics
     * @param keys keys that they are spread over, at random
     * @param partitions partitions of each topic
     * @param valueBytes length of a value
     * @param format format of the write events
     * @param threads threads of the audit and of the consumer
     * @param runs how often each of the two reads everything
     */
    public record Load(int events, int keys, int partitions, int valueBytes, String format, int threads, int runs) {}

    /** What was measured: medians, in records per second. */
    public record Figures(double consumer, double audit, double tableBytesPerKey) {

        /** The audit's rate by the consumer's. */
        public double ratio() {
            return audit / consumer;
        }
    }

    public AuditBench(Load load, PrintWriter out) {
        this.load = load;
        this.out = out;
    }

    /** Runs it all, and prints each run and the medians. */
    public Figures run() {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            say(
                    "2 topics of %,d write events (%s) each over %,d keys, %d partitions, values of %d bytes",
                    load.events(), load.format(), load.keys(), load.partitions(), load.valueBytes());
            produce(broker.bootstrapServers());
            return measure(new Cluster(
                    Map.of("bootstrap.servers", broker.bootstrapServers()),
                    Map.of("bootstrap.servers", broker.bootstrapServers())));
        }
    }

    private Figures measure(Cluster cluster) {
        PlainRead consumer = new PlainRead(
                cluster, REPLICAS.stream().map(AuditBench::topic).toList(), load.partitions(), load.threads());
        say(
                "%d threads each; a consumer of byte arrays without a group, read committed, otherwise the same settings for both:",
                load.threads());
        consumer.run();
        audit(cluster);
        double[] consumed = new double[load.runs()];
        double[] audited = new double[load.runs()];
        double bytesPerKey = 0;
        say("%6s %20s %20s %8s", "run", "consumer, records/s", "audit, records/s", "ratio");
        for (int run = 0; run < load.runs(); run++) {
            consumed[run] = consumer.run();
            AuditResult result = audit(cluster);
            audited[run] = result.effort().rate();
            bytesPerKey = result.effort().bytesPerKey();
            say("%6d %,20.0f %,20.0f %8.2f", run + 1, consumed[run], audited[run], audited[run] / consumed[run]);
        }
        Figures figures = new Figures(median(consumed), median(audited), bytesPerKey);
        say("%6s %,20.0f %,20.0f %8.2f", "median", figures.consumer(), figures.audit(), figures.ratio());
        say(
                "The audit reads at %.0f %% of the consumer's rate; its tables take %.1f bytes per key and replica.",
                100 * figures.ratio(), figures.tableBytesPerKey());
        return figures;
    }

    private AuditResult audit(Cluster cluster) {
        List<AuditedReplica> replicas = REPLICAS.stream()
                .map(name -> new AuditedReplica(name, topic(name), load.format(), Optional.empty(), cluster))
                .toList();
        AuditResult result = new Audit(new AuditRequest(
                        replicas,
                        new Settings.Builder("bench", "eu", REPLICAS, SECRET).build(),
                        new At.Latest(),
                        Set.of(),
                        Optional.empty(),
                        load.threads(),
                        Runtime.getRuntime().maxMemory() / 2,
                        1,
                        Duration.ofSeconds(30),
                        false))
                .run();
        if (result.verdict() != AuditResult.Verdict.EQUAL) {
            throw new IllegalStateException("the topics are equal, and the audit says " + result.verdict() + " "
                    + result.doubts() + " " + result.divergent());
        }
        return result;
    }

    private void produce(String bootstrapServers) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of(
                                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                                bootstrapServers,
                                // a new topic's leader may refuse a first batch and take the second: that order is
                                // never mended
                                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                                1,
                                ProducerConfig.LINGER_MS_CONFIG,
                                50,
                                ProducerConfig.BATCH_SIZE_CONFIG,
                                PRODUCER_BATCH_BYTES),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            List<NewTopic> topics = new ArrayList<>();
            REPLICAS.forEach(replica -> topics.add(
                    new NewTopic(topic(replica), load.partitions(), (short) 1).configs(Map.of("retention.ms", "-1"))));
            admin.createTopics(topics).all().get();
            SplittableRandom random = new SplittableRandom(1);
            AtomicReference<Exception> failed = new AtomicReference<>();
            for (int i = 0; i < load.events(); i++) {
                int key = random.nextInt(load.keys());
                byte[] value = new byte[load.valueBytes()];
                random.nextBytes(value);
                for (String replica : REPLICAS) {
                    var unused = producer.send(event(replica, key, i + 1, value), (sent, failure) -> {
                        if (failure != null) {
                            failed.compareAndSet(null, failure);
                        }
                    });
                }
            }
            producer.flush();
            if (failed.get() != null) {
                throw new IllegalStateException("cannot fill the topics: " + failed.get(), failed.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private ProducerRecord<byte[], byte[]> event(String replica, int key, long version, byte[] value) {
        byte[] keyBytes = ("order-" + key).getBytes(StandardCharsets.UTF_8);
        int partition = key % load.partitions();
        long positionMs = System.currentTimeMillis();
        if (load.format().equals("plain")) {
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic(replica), partition, keyBytes, value);
            TrueupHeaders.add(record.headers(), HeaderNames.VERSION, version);
            TrueupHeaders.add(record.headers(), HeaderNames.POSITION, positionMs);
            return record;
        }
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setValue(ByteBuffer.wrap(value))
                .build();
        return new ProducerRecord<>(topic(replica), partition, keyBytes, CODEC.encode("", event));
    }

    private static String topic(String replica) {
        return "bench.writes." + replica;
    }

    private static double median(double[] figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void say(String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, format, arguments));
        out.flush();
    }
}
