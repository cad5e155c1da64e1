package io.trueup.ops.health;

import io.trueup.job.JobStatus;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Whether the process does its work: all hosted replicas have restored their state and take part in rounds. A changed
 * configuration that was refused does not count: the process goes on with the former one, and {@code trueup_configuration_in_force}
 * says so. Thread-safe.
 */
public final class Readiness implements Resource {

    private static final String RUNNING = "RUNNING";

    private final Supplier<JobStatus> job;

    public Readiness(Supplier<JobStatus> job) {
        this.job = job;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow();
        JobStatus status = job.get();
        List<String> missing = new ArrayList<>();
        if (status.failure().isPresent()) {
            missing.add("the job has failed; its log says why");
        } else if (status.terminated()) {
            missing.add("the job has ended");
        } else if (status.replicas().isEmpty()) {
            missing.add("the job starts: its topics are checked");
        }
        status.replicas().forEach((replica, one) -> {
            if (!one.state().equals(RUNNING)) {
                missing.add("replica " + replica + " is " + one.state()
                        + (one.state().equals("REBALANCING") ? ": its partitions are assigned and restored" : ""));
            }
        });
        return Health.of(missing);
    }
}
