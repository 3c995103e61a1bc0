/** The name of the token in the file of `--admin-token-file`. No other token can have it. */
export const FILE_TOKEN_NAME = 'admin-token-file';
