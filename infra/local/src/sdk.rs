//! The SDK's configuration of each function.

use aws_config::{AppName, SdkConfig};

/// The same configuration, with the function's name in the user agent of every call, so that tests can check
/// the calls of each function against its role.
pub(crate) fn called_by(sdk: &SdkConfig, function: &str) -> SdkConfig {
    let mut sdk = sdk.to_builder();
    sdk.set_app_name(AppName::new(function.to_owned()).ok());
    sdk.build()
}
