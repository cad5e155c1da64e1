package io.trueup.ops.health;

import io.trueup.job.JobStatus;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Whether the process does its work: all hosted replicas have restored their state and take part in rounds, and the configuration
 * file is the one in force. Thread-safe.
 */
public final class Readiness implements Resource {

    private static final String RUNNING = "RUNNING";

    private final Supplier<JobStatus> job;
    private final BooleanSupplier configurationInForce;

    /** @param configurationInForce false once a changed configuration file was refused, until one is taken up */
    public Readiness(Supplier<JobStatus> job, BooleanSupplier configurationInForce) {
        this.job = job;
        this.configurationInForce = configurationInForce;
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
        if (!configurationInForce.getAsBoolean()) {
            missing.add("the changed configuration file is not in force; the log says why");
        }
        return Health.of(missing);
    }
}
