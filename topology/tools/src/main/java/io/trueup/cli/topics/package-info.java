/**
 * {@code trueup topics}: options, and the forms in which topics and ACLs are printed. Which topics and ACLs a configuration needs is in
 * {@link io.trueup.provision}, what the brokers have in {@link io.trueup.command.TopicSetup}.
 */
package io.trueup.cli.topics;
