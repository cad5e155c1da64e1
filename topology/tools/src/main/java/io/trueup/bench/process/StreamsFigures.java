package io.trueup.bench.process;

import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import org.apache.kafka.common.MetricName;

/** Figures that Kafka Streams keeps of the applications of a job. */
record StreamsFigures(Job job) {

    /** Records of changelogs that the restore consumers have read. */
    long restored() {
        return (long) values(name -> name.group().equals("consumer-fetch-manager-metrics")
                        && name.name().equals("records-consumed-total")
                        && name.tags().getOrDefault("topic", "").endsWith("-changelog"))
                .sum();
    }

    /** Records of the writes topics that were taken out of their queues to be processed. */
    long read(TrueupConfig config) {
        return (long) values(name -> name.group().equals("stream-topic-metrics")
                        && name.name().equals("records-consumed-total")
                        && config.hostedReplicas().stream()
                                .anyMatch(replica -> config.replica(replica)
                                        .writesTopic()
                                        .equals(name.tags().get("topic"))))
                .sum();
    }

    /** A figure of each store. */
    DoubleStream ofStores(String figure) {
        return values(name ->
                name.group().equals("stream-state-metrics") && name.name().equals(figure));
    }

    private DoubleStream values(Predicate<MetricName> wanted) {
        return job.streams().values().stream()
                .flatMap(streams -> streams.metrics().entrySet().stream())
                .filter(metric -> wanted.test(metric.getKey()))
                .map(metric -> metric.getValue().metricValue())
                .filter(Number.class::isInstance)
                .mapToDouble(value -> ((Number) value).doubleValue());
    }
}
