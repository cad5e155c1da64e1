/** The demo: a real broker, several replicas and the job on one machine, with faults put in on purpose. */
package io.trueup.demo;
