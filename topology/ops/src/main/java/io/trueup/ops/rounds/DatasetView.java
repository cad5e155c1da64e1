package io.trueup.ops.rounds;

import io.trueup.status.DatasetStatus;
import java.util.List;

/**
 * The dataset at one moment, as the reports show it. Immutable.
 *
 * @param status the one model of the reports
 * @param progress how far each replica is, in order of name
 * @param isRead whether the rounds topic can be read; if not, all else is as old as the last report read
 */
public record DatasetView(DatasetStatus status, List<ReplicaProgress> progress, boolean isRead) {}
