/** What the demo runs: broker, replicas and job, their settings and topics, and a reader of what the job writes. */
package io.trueup.demo.cluster;
