/**
 * The status of a dataset as its round reports show it: one model for every place that shows it. Begin with {@link
 * io.trueup.status.ReportedRounds}, which takes reports, and {@link io.trueup.status.DatasetStatus}.
 */
package io.trueup.status;
