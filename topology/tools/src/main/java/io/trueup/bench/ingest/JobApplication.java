package io.trueup.bench.ingest;

import io.trueup.bench.Guarantee;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The job with one hosted replica of a dataset of two. Nobody hosts the other, so its rounds compare with nobody. All settings that
 * are not named here have their defaults.
 */
final class JobApplication implements Application {

    private static final String HOSTED = "eu";

    private final TrueupConfig config;
    private final Job job;

    /**
     * @param dataset names the dataset, its topics and its application
     * @param more further settings, which replace those of the benchmark
     */
    JobApplication(
            String bootstrapServers,
            String dataset,
            String writesTopic,
            Guarantee guarantee,
            Path stateDir,
            Map<String, String> more) {
        Map<String, String> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("dataset", dataset);
        settings.put("replicas", HOSTED + ",us");
        settings.put("hosted.replicas", HOSTED);
        settings.put("hash.secret", "the secret of a benchmark, which protects nothing");
        settings.put("state.dir", stateDir.toString());
        settings.put("topics.create", "true");
        settings.put("topics.replication.factor", "1");
        settings.put("replica." + HOSTED + ".writes.topic", writesTopic);
        settings.put("replica." + HOSTED + ".writes.format", "plain");
        settings.put("streams.num.stream.threads", "1");
        settings.put("streams.processing.guarantee", guarantee.label());
        settings.put("streams.commit.interval.ms", Integer.toString(IngestBench.COMMIT_INTERVAL_MS));
        settings.putAll(more);
        config = TrueupConfig.of(settings);
        job = new Job(config);
    }

    @Override
    public String applicationId() {
        return config.applicationId(HOSTED);
    }

    @Override
    public void start() {
        job.start();
    }

    @Override
    public Optional<String> failure() {
        return job.status().failure();
    }

    @Override
    public void close() {
        job.close();
    }
}
