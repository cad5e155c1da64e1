package io.trueup.ops.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.job.JobStatus;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.DatasetView;
import io.trueup.reconcile.RoundSummary;
import io.trueup.stream.RoundListener;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * All metrics of the process, in the text format of Prometheus or as OpenMetrics, and sent by OTLP where that is configured. Values are
 * taken when they are asked for or sent, except those of rounds, which are counted as they end. Thread-safe.
 */
public final class Metrics implements Resource, RoundListener, AutoCloseable {

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final PrometheusMeterRegistry scraped = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CompositeMeterRegistry registry = new CompositeMeterRegistry();
    private final Map<String, RoundMeters> rounds = new ConcurrentHashMap<>();
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final KafkaMeters kafka;
    private final JobMeters hosted;
    private final DatasetMeters dataset;
    private final Job job;
    private final Supplier<Optional<DatasetView>> view;

    /**
     * @param view the dataset now; empty until the reports were read once
     * @param configurationInForce false once a changed configuration file was refused, until one is taken up
     * @param connections how many HTTP connections are open
     */
    public Metrics(
            TrueupConfig config,
            Job job,
            Supplier<Optional<DatasetView>> view,
            BooleanSupplier configurationInForce,
            IntSupplier connections) {
        this.job = job;
        this.view = view;
        registry.config().commonTags("dataset", config.dataset());
        registry.add(scraped);
        Optional<OtlpPush> push = config.otlpUrl().map(url -> new OtlpPush(url, config.otlpInterval(), this::update));
        push.ifPresent(registry::add);
        kafka = new KafkaMeters(registry);
        hosted = new JobMeters(registry);
        this.dataset = new DatasetMeters(registry);
        Gauge.builder("trueup.configuration.in.force", () -> configurationInForce.getAsBoolean() ? 1 : 0)
                .description("0 while a changed configuration file is not in force, because it was refused.")
                .register(registry);
        Gauge.builder(
                        "trueup.rounds.topic.readable",
                        () -> view.get().filter(DatasetView::isRead).isPresent() ? 1 : 0)
                .description(
                        "1 if the rounds topic can be read. If it is 0, the metrics of the dataset are out of date.")
                .register(registry);
        Gauge.builder("trueup.http.connections", connections::getAsInt)
                .description("Open HTTP connections.")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        collections.bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        push.ifPresent(OtlpPush::begin);
    }

    @Override
    public void reported(String replica, int partition, RoundSummary round) {
        roundsOf(replica).reported(round);
    }

    @Override
    public void detected(String replica, long afterMs) {
        roundsOf(replica).detected(afterMs);
    }

    @Override
    public void verified(String replica, long afterMs) {
        roundsOf(replica).verified(afterMs);
    }

    private RoundMeters roundsOf(String replica) {
        return rounds.computeIfAbsent(replica, name -> new RoundMeters(registry, name));
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow();
        String type = query.accepts("application/openmetrics-text") ? OPEN_METRICS : TEXT;
        return new Answer(200, type, scrape(type).getBytes(StandardCharsets.UTF_8));
    }

    private synchronized String scrape(String type) {
        update();
        return scraped.scrape(type);
    }

    private synchronized void update() {
        kafka.update(job.streams());
        JobStatus status = job.status();
        status.replicas().keySet().forEach(this::roundsOf);
        hosted.update(status);
        view.get().ifPresent(dataset::update);
    }

    @Override
    public synchronized void close() {
        kafka.close();
        collections.close();
        registry.close();
        scraped.close();
    }
}
