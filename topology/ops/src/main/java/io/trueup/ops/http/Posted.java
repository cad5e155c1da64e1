package io.trueup.ops.http;

/**
 * What was posted, by a client with valid credentials.
 *
 * @param body the body
 * @param user the user name of basic authentication, or {@code token} for the bearer token
 * @param address the address from which the connection comes
 */
public record Posted(Body body, String user, String address) {}
