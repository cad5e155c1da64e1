/** What people read of the reconcilers' work: round reports, conflict events, the alarm of the flood guard. */
package io.trueup.report;
