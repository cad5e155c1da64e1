/**
 * What operators read: round reports, conflict events and the alarm of the flood guard. Begin with
 * {@link io.trueup.report.RoundReports}.
 */
package io.trueup.report;
