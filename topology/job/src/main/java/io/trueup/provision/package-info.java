/**
 * What a configuration needs on the brokers: topics with their settings, and ACLs for each principal, each with the reason. The job
 * checks and creates topics by it, and `trueup topics` prints it. Begin with {@link io.trueup.provision.NeededTopics} and
 * {@link io.trueup.provision.NeededAcls}.
 */
package io.trueup.provision;
