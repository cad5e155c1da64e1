package io.trueup.ops.metrics;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.util.NamedThreadFactory;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadFactory;

/**
 * Sends the metrics to a receiver of OTLP, at an interval and when it is closed. What is not received is logged, and sent with the
 * next report: counters are cumulative. Thread-safe.
 */
final class OtlpPush extends OtlpMeterRegistry {

    private static final String SERVICE_NAME = "service.name";
    private static final ThreadFactory THREADS = new NamedThreadFactory("otlp-metrics");

    private final Runnable update;
    private boolean begun;

    /** @param update brings the meters up to date */
    OtlpPush(String url, Duration interval, Runnable update) {
        super(config(url, interval), Clock.SYSTEM, THREADS);
        this.update = update;
    }

    /** Sends reports from now on. */
    void begin() {
        begun = true;
        start(THREADS);
    }

    /** The constructor of the superclass calls this, when there are no meters yet. */
    @Override
    public void start(ThreadFactory threads) {
        if (begun) {
            super.start(threads);
        }
    }

    private static OtlpConfig config(String url, Duration interval) {
        return new OtlpConfig() {
            @Override
            public String get(String key) {
                return null; // headers and attributes are in the variables of OpenTelemetry
            }

            @Override
            public String url() {
                return url;
            }

            @Override
            public Duration step() {
                return interval;
            }

            @Override
            public Map<String, String> resourceAttributes() {
                Map<String, String> attributes = new HashMap<>(OtlpConfig.super.resourceAttributes());
                attributes.putIfAbsent(SERVICE_NAME, "trueup");
                return attributes;
            }
        };
    }

    @Override
    protected void publish() {
        update.run();
        super.publish();
    }
}
